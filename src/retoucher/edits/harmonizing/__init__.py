"""What `harmonize` does around its network: the object is placed, the inputs are checked, the work is shown."""
