"""What audiences and pixels have in common on the way: requests, answers, states, rejects."""
