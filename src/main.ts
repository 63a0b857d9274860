// placeholder; written by the integrator
export {}
