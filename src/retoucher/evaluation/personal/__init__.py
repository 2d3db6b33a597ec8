"""What `evaluate person` is made of: subjects whose truth is known, their models, what is asked of them, figures."""
