"""Ce que le réseau a regardé (Grad-CAM), et l'image que préfère un filtre (montée de gradient)."""

import matplotlib.pyplot as plt
import numpy as np
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train = x_train.reshape(-1, 28, 28, 1).astype("float32") / 255
x_test = x_test.reshape(-1, 28, 28, 1).astype("float32") / 255

modele = keras.Sequential(
    [
        keras.Input(shape=(28, 28, 1)),
        layers.Conv2D(16, 3, activation="relu", name="conv_1"),
        layers.MaxPooling2D(),
        layers.Conv2D(32, 3, activation="relu", name="conv_2"),
        layers.GlobalAveragePooling2D(),
        layers.Dense(10, activation="softmax"),
    ]
)
modele.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
modele.fit(x_train, y_train, epochs=2, batch_size=16, verbose=0)


def carte_de_chaleur(images, nom_de_couche, classe=None):
    grad_model = keras.models.Model([modele.inputs], [modele.get_layer(nom_de_couche).output, modele.output])
    with tf.GradientTape() as tape:
        derniere_conv, predictions = grad_model(images)
        if classe is None:
            classe = tf.argmax(predictions[0])
        score = predictions[:, classe]
    gradients = tape.gradient(score, derniere_conv)
    poids = tf.reduce_mean(gradients, axis=(0, 1, 2))
    carte = derniere_conv[0] @ poids[..., tf.newaxis]
    carte = tf.squeeze(carte)
    carte = tf.maximum(carte, 0) / tf.math.reduce_max(carte)
    return carte.numpy()


carte = carte_de_chaleur(x_test[:1], "conv_2")
print("Carte :", carte.shape, carte.dtype, "maximum", carte.max())
plt.matshow(carte)
plt.show()

extracteur = keras.Model(inputs=modele.inputs, outputs=modele.get_layer("conv_2").output)


@tf.function
def un_pas(image, filtre, vitesse):
    with tf.GradientTape() as tape:
        tape.watch(image)
        activation = extracteur(image)
        perte = tf.reduce_mean(activation[:, 2:-2, 2:-2, filtre])
    gradients = tape.gradient(perte, image)
    gradients = tf.math.l2_normalize(gradients)
    image += vitesse * gradients
    return perte, image


image = tf.random.uniform((1, 28, 28, 1)) * 0.25
filtre = np.argmax(extracteur(image).numpy().mean(axis=(0, 1, 2)))
pertes = []
for _ in range(30):
    perte, image = un_pas(image, filtre, 0.5)
    pertes.append(float(perte))
print("Montée :", pertes[0] < pertes[-1], np.all(np.isfinite(image.numpy())))
