"""Measuring: methods side by side on the same photos and the same holes, as the papers do."""
