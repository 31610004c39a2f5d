"""Pages for those who answer appeals, feedback and opt-outs."""
