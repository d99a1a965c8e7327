# Un réseau qui n'est pas une chaîne : un bloc Inception, puis un bloc résiduel.
import numpy as np
from keras.layers import (
    Activation,
    Add,
    BatchNormalization,
    Concatenate,
    Conv2D,
    Dense,
    GlobalAveragePooling2D,
    Input,
    MaxPooling2D,
)
from keras.models import Model


def bloc_inception(x, filtres):
    a = Conv2D(filtres, (1, 1), padding='same', activation='relu')(x)
    b = Conv2D(filtres, (1, 1), padding='same', activation='relu')(x)
    b = Conv2D(filtres, (3, 3), padding='same', activation='relu')(b)
    c = Conv2D(filtres, (1, 1), padding='same', activation='relu')(x)
    c = Conv2D(filtres, (5, 5), padding='same', activation='relu')(c)
    d = MaxPooling2D((3, 3), strides=(1, 1), padding='same')(x)
    d = Conv2D(filtres, (1, 1), padding='same', activation='relu')(d)
    return Concatenate(axis=-1)([a, b, c, d])


def bloc_residuel(x, filtres):
    raccourci = Conv2D(filtres, (1, 1), strides=(2, 2), padding='same')(x)
    y = Conv2D(filtres, (3, 3), strides=(2, 2), padding='same')(x)
    y = BatchNormalization()(y)
    y = Activation('relu')(y)
    y = Conv2D(filtres, (3, 3), padding='same')(y)
    y = BatchNormalization()(y)
    y = Add()([y, raccourci])
    return Activation('relu')(y)


entree = Input(shape=(15, 15, 3))
x = Conv2D(8, (3, 3), activation='relu')(entree)
x = bloc_inception(x, 4)
x = bloc_residuel(x, 16)
x = GlobalAveragePooling2D()(x)
sortie = Dense(2, activation='softmax')(x)
modele = Model(entree, sortie)
modele.summary()

# Des poids connus, pour que chacun trouve les mêmes nombres
hasard = np.random.RandomState(3)
modele.set_weights([hasard.normal(0, 0.2, w.shape) if w.ndim > 1 else hasard.uniform(0.5, 1, w.shape)
                    for w in modele.get_weights()])
X = hasard.normal(0, 1, (40, 15, 15, 3))
y = (X[:, :, :, 0].mean(axis=(1, 2)) > 0).astype('int32')

modele.compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])
print('avant :', ['%.4f' % v for v in modele.evaluate(X, y, verbose=0)])
history = modele.fit(X, y, batch_size=10, epochs=3, shuffle=False, verbose=0)
print('pertes :', ['%.3f' % v for v in history.history['loss']])
print('couches :', len(modele.layers), '- poids :', modele.count_params())
