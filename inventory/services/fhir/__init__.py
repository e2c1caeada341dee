"""The record as FHIR R5 resources: who was given what, by whom, out of what, and who did each act."""
