"""Deep Painterly Harmonization (Luan, Paris, Shechtman, Bala; EGSR 2018, arXiv 1804.03189): what is pasted belongs."""
