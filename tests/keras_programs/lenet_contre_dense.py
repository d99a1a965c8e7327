# LeNet contre un réseau sans convolution qui a autant de poids.
import tensorflow as tf
from tensorflow import keras
from tensorflow.keras import layers

tf.random.set_seed(1)
(x_train, y_train), (x_test, y_test) = keras.datasets.mnist.load_data()
x_train = x_train.reshape(-1, 28, 28, 1) / 255.0
x_test = x_test.reshape(-1, 28, 28, 1) / 255.0

lenet = keras.Sequential([
    layers.Conv2D(6, 5, padding='same', activation='tanh', input_shape=(28, 28, 1)),
    layers.AveragePooling2D(),
    layers.Conv2D(16, 5, activation='tanh'),
    layers.AveragePooling2D(),
    layers.Flatten(),
    layers.Dense(120, activation='tanh'),
    layers.Dense(84, activation='tanh'),
    layers.Dense(10, activation='softmax'),
], name='lenet')

dense = keras.Sequential([
    layers.Flatten(input_shape=(28, 28, 1)),
    layers.Dense(77, activation='tanh'),
    layers.Dense(10, activation='softmax'),
], name='dense')

for modele in (lenet, dense):
    modele.compile(optimizer=keras.optimizers.Adam(learning_rate=0.002),
                   loss='sparse_categorical_crossentropy',
                   metrics=['accuracy'])
    modele.summary()
    modele.fit(x_train, y_train, epochs=5, batch_size=32, verbose=0)
    perte, precision = modele.evaluate(x_test, y_test, verbose=0)
    print(f'{modele.name} : {modele.count_params()} poids, précision {precision:.3f}')
