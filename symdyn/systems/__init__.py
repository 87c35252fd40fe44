"""What is studied: the catalog of systems, and models that users write as files."""
