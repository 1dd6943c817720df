"""Visemes in time, from phones in time: Oculus LipSync's and Rhubarb's, in Rhubarb's formats."""
