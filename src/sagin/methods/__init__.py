"""Mathematics: arrays in, arrays out; no radio, no paper."""
