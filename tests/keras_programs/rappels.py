# Les rappels : garder le meilleur réseau, s'arrêter à temps, changer le pas, écrire un journal.
import csv

import numpy as np
from keras import backend as K
from keras import regularizers
from keras.callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    LearningRateScheduler,
    ModelCheckpoint,
    ReduceLROnPlateau,
)
from keras.layers import Dense, Dropout
from keras.models import Sequential, load_model
from sklearn.datasets import load_digits

np.random.seed(2)
chiffres = load_digits()
X, y = chiffres.data / 16.0, chiffres.target


class Journal(Callback):
    def on_train_begin(self, logs={}):
        self.precisions = []

    def on_epoch_end(self, epoch, logs={}):
        self.precisions.append(logs.get('val_accuracy'))
        if epoch == 0:
            print('pas :', round(float(K.get_value(self.model.optimizer.lr)), 4))


def pas(epoque):
    return 0.01 if epoque < 3 else 0.005


modele = Sequential()
modele.add(Dense(64, activation='relu', input_dim=64, kernel_regularizer=regularizers.l2(1e-4)))
modele.add(Dropout(0.2))
modele.add(Dense(10, activation='softmax'))
modele.compile(loss='sparse_categorical_crossentropy', optimizer='adam', metrics=['accuracy'])

journal = Journal()
history = modele.fit(X[:1200], y[:1200], nb_epoch=6, batch_size=64, verbose=0, validation_data=(X[1200:], y[1200:]),
                     callbacks=[journal, LearningRateScheduler(pas), CSVLogger('journal.csv'),
                                EarlyStopping(patience=10),
                                ModelCheckpoint('meilleur.h5', monitor='val_accuracy', save_best_only=True, mode='max')])
print('époques :', len(journal.precisions))
with open('journal.csv') as fichier:
    print('lignes du journal :', len(list(csv.reader(fichier))))

meilleur = load_model('meilleur.h5')
precision = meilleur.evaluate(X[1200:], y[1200:], verbose=0)[1]
print('le meilleur est gardé :', abs(precision - max(journal.precisions)) < 1e-6)

plateau = ReduceLROnPlateau(monitor='loss', factor=0.1, patience=0, min_delta=10, verbose=0)
meilleur.fit(X[:200], y[:200], epochs=3, verbose=0, callbacks=[plateau])
print('pas réduit :', float(K.get_value(meilleur.optimizer.lr)) < 0.005)
K.clear_session()
