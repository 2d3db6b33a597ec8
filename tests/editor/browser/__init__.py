"""The editor as people use it: a real server, a real Chromium, and the files that are saved."""
