"""MyStyle: a generator that knows one person (Nitzan et al., SIGGRAPH Asia 2022), and StyleGAN2 under it."""
