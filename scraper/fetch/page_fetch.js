// Runs in the signed-in page: one fetch(), its body read to the end, handed back as text.
async (ask) => {
  const cookie = (name) => {
    for (const pair of document.cookie.split("; ")) {
      const at = pair.indexOf("=");
      if (at > 0 && pair.slice(0, at) === name) return pair.slice(at + 1);
    }
    return undefined;
  };
  const decoded = (text) => {
    try {
      return decodeURIComponent(text);
    } catch {
      return text;
    }
  };
  const within = (text, path) => {
    try {
      const found = path.split(".").reduce((value, key) => value[key], JSON.parse(text));
      return typeof found === "string" && found !== "" ? found : undefined;
    } catch {
      return undefined;
    }
  };

  const headers = { ...ask.headers };
  const form = ask.form === null ? null : new URLSearchParams(Object.entries(ask.form));
  const add = (place, token) => {
    const at = place.indexOf(":");
    const key = place.slice(at + 1);
    if (place.slice(0, at) === "header") headers[key] = token;
    else form.set(key, token);
  };

  const stop = new AbortController();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop.abort();
  }, ask.milliseconds);
  const how = { credentials: "same-origin", cache: "no-store", signal: stop.signal };
  let stage = "connection_lost";

  const told = async (answer) => {
    stage = "body_truncated";
    const chunks = [];
    let size = 0;
    const reader = answer.body?.getReader();
    while (reader) {
      const { done, value } = await reader.read();
      if (done) break;
      size += value.length;
      if (size > ask.limit) {
        stop.abort();
        return { failed: "body_too_large", url: answer.url };
      }
      chunks.push(value);
    }
    const body = new Uint8Array(size);
    let end = 0;
    for (const chunk of chunks) {
      body.set(chunk, end);
      end += chunk.length;
    }

    const found = {};
    for (const name of ask.wanted) {
      const value = answer.headers.get(name);
      if (value !== null) found[name] = value;
    }
    const result = { url: answer.url, status: answer.status, headers: found };
    try {
      result.text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(body);
    } catch {
      let binary = "";
      for (let at = 0; at < size; at += 0x8000)
        binary += String.fromCharCode.apply(null, body.subarray(at, at + 0x8000));
      result.base64 = btoa(binary);
    }
    stage = "connection_lost";
    return result;
  };

  try {
    for (const [place, source] of Object.entries(ask.csrf)) {
      if (source.startsWith("json:")) {
        const at = source.lastIndexOf("#");
        const asked = new URL(source.slice("json:".length, at), ask.url);
        if (asked.origin !== location.origin) return { missing: source };
        const answer = await fetch(asked, { ...how, redirect: "error" });
        const said = await told(answer);
        if (said.failed || !answer.ok) return { ...said, refused: true };
        const token = within(said.text, source.slice(at + 1));
        if (token === undefined) return { missing: source };
        add(place, token);
      } else {
        const token = ask.tokens[source] ?? cookie(source);
        if (token === undefined) return { missing: source };
        add(place, decoded(token));
      }
    }
    const answer = await fetch(ask.url, {
      ...how,
      method: ask.method,
      headers,
      body: form,
      redirect: "follow",
      referrer: ask.referrer ?? "about:client",
      referrerPolicy: "strict-origin-when-cross-origin",
    });
    return await told(answer);
  } catch (error) {
    return { failed: late ? "timed_out" : stage, url: ask.url, why: String(error) };
  } finally {
    clearTimeout(timer);
  }
}
