"""The two SiliconFlow sites and what is known of their models, as data."""
