"""The parts of the evaluation of `harmonize`: cases, methods, and what is measured of their results."""
