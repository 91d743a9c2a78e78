"""What the manifests ask of one gateway, as objects with owned fields. Pure."""
