"""How answers that are no classes are printed: a module a kind of target, for each verb that prints them."""
