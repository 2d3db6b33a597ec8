"""What `evaluate redraw` is made of: cases with lines and colours, methods that follow them, measures of obedience."""
