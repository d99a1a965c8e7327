# Ce que voit chaque couche : les sorties intermédiaires d'un réseau.
import matplotlib.pyplot as plt
import numpy as np
from keras.layers import Conv2D, Dense, Flatten, MaxPooling2D
from keras.models import Model, Sequential
from sklearn.datasets import load_digits

chiffres = load_digits()
images = chiffres.images.reshape(-1, 8, 8, 1) / 16.0

modele = Sequential([
    Conv2D(4, (3, 3), padding='same', activation='relu', input_shape=(8, 8, 1), name='conv_a'),
    MaxPooling2D((2, 2), name='pool_a'),
    Conv2D(8, (3, 3), padding='same', activation='relu', name='conv_b'),
    Flatten(name='a_plat'),
    Dense(10, activation='softmax', name='sortie'),
])
modele.compile(optimizer='adam', loss='sparse_categorical_crossentropy', metrics=['accuracy'])
modele.fit(images[:500], chiffres.target[:500], epochs=2, verbose=0)

# Un réseau aux mêmes couches, dont toutes les sorties sont visibles
observateur = Model(inputs=modele.input, outputs=[couche.output for couche in modele.layers])
sorties = observateur.predict(images[:1])
for couche, sortie in zip(modele.layers, sorties):
    print(couche.name, sortie.shape)

premiere = sorties[0]
fig = plt.figure(figsize=(8, 2))
for i in range(premiere.shape[-1]):
    plt.subplot(1, premiere.shape[-1], i + 1)
    plt.imshow(premiere[0, :, :, i], cmap='gray')
    plt.axis('off')
plt.show()

# La même chose pour une seule couche
milieu = Model(inputs=modele.inputs, outputs=modele.get_layer('conv_b').output)
print('conv_b seule :', milieu.predict(images[:3]).shape)
print('même résultat :', np.allclose(milieu.predict(images[:1]), sorties[2], atol=1e-6))
print('somme des probabilités : %.3f' % sorties[-1].sum())
