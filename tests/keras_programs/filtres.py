# Les filtres d'une couche de convolution sont des poids comme les autres.
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D
from keras.models import Sequential

modele = Sequential()
modele.add(Conv2D(2, (3, 3), padding='same', use_bias=True, input_shape=(6, 6, 1)))
modele.add(Conv2D(3, (2, 2), strides=(2, 2), activation='relu'))

# Des filtres choisis à la main : un bord vertical, un bord horizontal
noyaux, biais = modele.layers[0].get_weights()
print('forme des noyaux :', noyaux.shape, '- des biais :', biais.shape)
bord = np.array([[1, 0, -1], [2, 0, -2], [1, 0, -1]])
noyaux[:, :, 0, 0] = bord
noyaux[:, :, 0, 1] = bord.T
modele.layers[0].set_weights([noyaux, np.array([0.5, -0.5])])
w, b = modele.layers[1].get_weights()
modele.layers[1].set_weights([np.arange(w.size).reshape(w.shape) / w.size - 0.4, b])

image = np.zeros((1, 6, 6, 1))
image[0, 2:, 3:, 0] = 1
image[0, 4, 1, 0] = 2
resultat = modele.predict(image)
print(resultat.shape)
print(np.round(resultat[0, :, :, 0], 4))
print(np.round(resultat[0, :, :, 2], 4))
print('nombre de poids :', modele.count_params())

plt.figure()
for i in range(2):
    plt.subplot(1, 2, i + 1)
    plt.imshow(modele.layers[0].get_weights()[0][:, :, 0, i], cmap='gray')
plt.show()
