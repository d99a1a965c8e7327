# VGG-16 écrit couche par couche : 138 357 544 poids.
from keras.layers import Conv2D, Dense, Flatten, MaxPool2D
from keras.models import Sequential

model = Sequential()
model.add(Conv2D(input_shape=(224, 224, 3), filters=64, kernel_size=(3, 3), padding="same", activation="relu"))
model.add(Conv2D(filters=64, kernel_size=(3, 3), padding="same", activation="relu"))
model.add(MaxPool2D(pool_size=(2, 2), strides=(2, 2)))
for filtres in [128, 256, 512, 512]:
    for _ in range(2 if filtres == 128 else 3):
        model.add(Conv2D(filters=filtres, kernel_size=(3, 3), padding="same", activation="relu"))
    model.add(MaxPool2D(pool_size=(2, 2), strides=(2, 2)))
model.add(Flatten())
model.add(Dense(units=4096, activation="relu"))
model.add(Dense(units=4096, activation="relu"))
model.add(Dense(units=1000, activation="softmax"))

model.summary()
print("Poids :", model.count_params())
print("Sortie :", model.output_shape)
