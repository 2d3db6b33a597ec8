"""The editor's server: photos and edits over HTTP, for this computer's own browser and programs."""
