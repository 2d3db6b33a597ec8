"""Training: photos, holes, the loop. Needs torch, numpy, Pillow, OpenCV and safetensors, nothing else."""
