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

  const headers = { ...ask.headers };
  const form = ask.form === null ? null : new URLSearchParams(Object.entries(ask.form));
  for (const [place, name] of Object.entries(ask.csrf)) {
    const token = ask.tokens[name] ?? cookie(name);
    if (token === undefined) return { missing: name };
    const at = place.indexOf(":");
    const key = place.slice(at + 1);
    if (place.slice(0, at) === "header") headers[key] = decoded(token);
    else form.set(key, decoded(token));
  }

  const stop = new AbortController();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    stop.abort();
  }, ask.milliseconds);
  let stage = "connection_lost";
  try {
    const answer = await fetch(ask.url, {
      method: ask.method,
      headers,
      body: form,
      credentials: "same-origin",
      redirect: "follow",
      cache: "no-store",
      referrer: ask.referrer ?? "about:client",
      referrerPolicy: "strict-origin-when-cross-origin",
      signal: stop.signal,
    });
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
    return result;
  } catch (error) {
    return { failed: late ? "timed_out" : stage, url: ask.url, why: String(error) };
  } finally {
    clearTimeout(timer);
  }
}
