# Reconnaître des chiffres écrits à la main avec deux couches de convolution.
import matplotlib.pyplot as plt
import numpy as np
from keras.datasets import mnist
from keras.layers.convolutional import Conv2D, MaxPooling2D
from keras.layers.core import Dense, Dropout, Flatten
from keras.models import Sequential
from keras.utils import np_utils

np.random.seed(7)

### Partie A - Les données

(X_train_data, Y_train_data), (X_test_data, Y_test_data) = mnist.load_data()
print("Images d'apprentissage :", X_train_data.shape, X_train_data.dtype)

N = X_train_data.shape[0]
X_train = np.reshape(X_train_data, (N, 28, 28, 1)).astype('float32') / 255
X_test = np.reshape(X_test_data, (X_test_data.shape[0], 28, 28, 1)).astype('float32') / 255
Y_train = np_utils.to_categorical(Y_train_data, num_classes=10)
Y_test = np_utils.to_categorical(Y_test_data, num_classes=10)

### Partie B - Le réseau

modele = Sequential()
modele.add(Conv2D(32, kernel_size=(3, 3), activation='relu', input_shape=(28, 28, 1)))
modele.add(MaxPooling2D(pool_size=(2, 2)))
modele.add(Conv2D(64, kernel_size=(3, 3), activation='relu'))
modele.add(MaxPooling2D(pool_size=(2, 2)))
modele.add(Flatten())
modele.add(Dropout(0.25))
modele.add(Dense(10, activation='softmax'))

modele.compile(loss='categorical_crossentropy', optimizer='adam', metrics=['accuracy'])
print(modele.summary())

### Partie C - L'apprentissage

history = modele.fit(X_train, Y_train, batch_size=32, epochs=8, verbose=2, validation_split=0.1)

### Partie D - Le résultat

score = modele.evaluate(X_test, Y_test, verbose=0)
print('Erreur sur le test :', score[0])
print('Précision sur le test :', score[1])

Y_predit = modele.predict(X_test)
chiffre_predit = np.argmax(Y_predit[0])
print("Sortie du réseau pour la première image :", np.round(Y_predit[0], 2))
print("Attendu :", Y_test_data[0], "- prédit :", chiffre_predit)
print("Classes prédites :", modele.predict_classes(X_test[:10]))

plt.plot(history.history['accuracy'])
plt.plot(history.history['val_accuracy'])
plt.xlabel('époque')
plt.legend(['apprentissage', 'validation'])
plt.show()

modele.save('chiffres.h5')
