# La descente de gradient suivie pas à pas, à partir de poids connus.
import numpy as np
from keras.callbacks import LambdaCallback
from keras.layers import Conv2D, Dense, Flatten, MaxPooling2D
from keras.models import Sequential
from keras.utils import to_categorical
from sklearn.datasets import load_digits

chiffres = load_digits()
X = chiffres.images[:200].reshape(-1, 8, 8, 1) / 16.0
Y = to_categorical(chiffres.target[:200], 10)


def modele_connu():
    modele = Sequential()
    modele.add(Conv2D(6, (3, 3), strides=(2, 2), padding='same', activation='relu', input_shape=(8, 8, 1)))
    modele.add(MaxPooling2D((2, 2)))
    modele.add(Flatten())
    modele.add(Dense(16, activation='tanh'))
    modele.add(Dense(10, activation='softmax'))
    hasard = np.random.RandomState(0)
    modele.set_weights([hasard.normal(0, 0.3, w.shape) for w in modele.get_weights()])
    return modele


for optimiseur in ('sgd', 'adam', 'rmsprop', 'adagrad', 'nadam'):
    modele = modele_connu()
    modele.compile(loss='categorical_crossentropy', optimizer=optimiseur, metrics=['accuracy'])
    suivi = []
    suite = LambdaCallback(on_batch_end=lambda lot, logs: suivi.append(logs['loss']))
    history = modele.fit(X, Y, batch_size=25, epochs=3, shuffle=False, verbose=0,
                         validation_split=0.25, callbacks=[suite])
    print(optimiseur, len(suivi), ['%.4f' % v for v in history.history['loss']],
          ['%.4f' % v for v in history.history['val_loss']])
