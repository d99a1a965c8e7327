# Un réseau dont on choisit tous les poids : ce qu'il calcule se vérifie à la main.
import numpy as np
from keras.layers import Dense
from keras.models import Sequential

modele = Sequential()
modele.add(Dense(2, input_dim=1, activation='relu'))
modele.add(Dense(1, activation='relu'))

# Couche 1 : deux neurones ; couche 2 : un neurone
modele.layers[0].set_weights([np.array([[1., -0.5]]), np.array([-1., 1.])])
modele.layers[1].set_weights([np.array([[1.0], [1.0]]), np.array([0.])])

for valeur in (-2.0, 0.0, 2.0, 3.0):
    sortie = modele.predict(np.array([[valeur]]))
    print('F(%.1f) = %.3f' % (valeur, sortie[0][0]))

# Un réseau à deux variables pour l'opérateur « ou exclusif »
xor = Sequential([Dense(2, input_shape=(2,), activation='sigmoid'), Dense(1, activation='sigmoid')])
xor.set_weights([np.array([[20., -20.], [20., -20.]]), np.array([-10., 30.]), np.array([[20.], [20.]]), np.array([-30.])])
entrees = np.array([[0, 0], [0, 1], [1, 0], [1, 1]])
print(np.round(xor.predict(entrees), 3).ravel())
xor.compile(loss='mean_squared_error', optimizer='sgd')
print('erreur : %.6f' % xor.evaluate(entrees, np.array([0, 1, 1, 0]), verbose=0))
