"""Servers on loopback that speak the providers' documented protocols."""
