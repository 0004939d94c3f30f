package resolvers

import (
	"context"

	"souk/graph/model"
	"souk/loaders"
	"souk/store"
)

// imagesAdded returns the payload of added images. It loads the images in one
// statement.
func imagesAdded(ctx context.Context, id store.ProductID, added []store.ImageID, err error) (*model.ImagesAddPayload, error) {
	changed, err := payload(ctx, loaders.For(ctx).Product, id, err)
	if err != nil {
		return nil, err
	}
	all := &model.ImagesAddPayload{Product: changed.Object, Images: []*store.Image{}, UserErrors: changed.UserErrors}
	if len(all.UserErrors) == 0 {
		found, err := loaders.All(ctx, loaders.For(ctx).Image, added)
		if err != nil {
			return nil, savedButNotShown(err)
		}
		for _, image := range found {
			if image != nil { // a repeated request, and the image has been removed since
				all.Images = append(all.Images, image)
			}
		}
	}
	return loaders.Deliver(ctx, all), nil
}

// imagesRemoved returns the payload of removed images.
func imagesRemoved(input store.ImagesRemove, product *model.Payload[store.Product], err error) (*model.ImagesRemovePayload, error) {
	if err != nil {
		return nil, err
	}
	all := &model.ImagesRemovePayload{Product: product.Object, DeletedImageIds: []store.ImageID{}, UserErrors: product.UserErrors}
	if len(all.UserErrors) == 0 {
		all.DeletedImageIds = input.ImageIDs
	}
	return all, nil
}
