# Une série temporelle : trouver la fréquence dominante avec des convolutions à une dimension.
import numpy as np
from keras.callbacks import EarlyStopping
from keras.layers import BatchNormalization, Conv1D, Dense, GlobalAveragePooling1D, MaxPooling1D
from keras.models import Sequential

np.random.seed(0)
n, longueur = 300, 64
t = np.arange(longueur)
y = np.random.randint(0, 3, n)
phases = np.random.uniform(0, 2 * np.pi, n)
X = np.sin(2 * np.pi * t[None, :] * (y[:, None] + 1) * 3 / longueur + phases[:, None])
X += 0.3 * np.random.randn(n, longueur)
X = X[:, :, np.newaxis]

model = Sequential()
model.add(Conv1D(filters=16, kernel_size=7, padding='causal', activation='relu', input_shape=(longueur, 1)))
model.add(BatchNormalization())
model.add(MaxPooling1D(2))
model.add(Conv1D(32, 5, activation='relu', padding='same'))
model.add(GlobalAveragePooling1D())
model.add(Dense(3, activation='softmax'))
model.compile(loss='sparse_categorical_crossentropy', optimizer='nadam', metrics=['acc'])
model.summary()

arret = EarlyStopping(monitor='val_loss', patience=5, restore_best_weights=True)
history = model.fit(X[:240], y[:240], epochs=30, batch_size=16, validation_split=0.2, callbacks=[arret], verbose=0)
print('époques :', len(history.history['loss']), '- clés :', sorted(history.history))
print('Précision sur le test : %.2f' % model.evaluate(X[240:], y[240:], verbose=0)[1])
