"""A made music collection: five genres played from the starter library, with tags and faults."""
