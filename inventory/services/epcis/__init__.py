"""The record as EPCIS 2.0: what happened to which object, where and why, in the words of CBV 2.0."""
