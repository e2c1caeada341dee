"""CellCustody: the chain of custody of blinded cell products, from the tank to the needle."""
