"""How `Select` goes about it: what was asked, where to look, how large the thing is, its edge, and what to doubt."""
