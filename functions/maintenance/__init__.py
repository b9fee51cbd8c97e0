"""The watch function: every minute it ends what nobody else will end, and closes breakers whose cause is gone."""
