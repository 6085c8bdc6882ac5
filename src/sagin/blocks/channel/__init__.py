"""Path loss, fading, absorption, blockage, antennas and noise."""
