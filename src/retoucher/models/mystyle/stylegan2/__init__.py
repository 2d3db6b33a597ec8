"""StyleGAN2: "Analyzing and Improving the Image Quality of StyleGAN" (Karras et al., CVPR 2020)."""
