"""A relay of tips on the operator's own machine: Chaturbate's, Stripchat's and Camsoda's."""
