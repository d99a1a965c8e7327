"""Pictures and their batches, as ``keras.preprocessing.image`` has them."""
