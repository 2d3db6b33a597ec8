"""What `redraw` and `trace` are made of: squares around faces, what was drawn, seams and grain."""
