"""When we look: settings, runs and the command line."""
