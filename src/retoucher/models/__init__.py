"""One folder for each published method; tensors in, tensors out."""
