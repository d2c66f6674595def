"""What a run did and how far it is: counted, in words and for machines."""
