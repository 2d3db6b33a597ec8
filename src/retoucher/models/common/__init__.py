"""What several methods use alike."""
