"""The ways of making one answer of several; one file each, named in `catalog`. No Django here."""
