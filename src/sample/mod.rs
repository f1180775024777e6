//! Invented submissions of any scale, with their truth.
