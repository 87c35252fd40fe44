"""What a certificate of each kind holds: one typed record for each, read strictly."""
