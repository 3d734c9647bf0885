"""Contracts: whether what channels send and take is still what we think it is, and putting right what was not understood.

Owns reading many messages again, what has drifted in a channel's messages, and what each channel's adapter was proven to do.
Not the messages nor the mapping documents themselves (channels), nor who may change them (casework).
"""
