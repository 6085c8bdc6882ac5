"""Shared media: gains and powers to SINR and rate."""
