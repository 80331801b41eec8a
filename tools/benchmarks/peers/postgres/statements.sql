\set number :first + :client_id * :share + :done
\set done :done + 1
BEGIN;
SELECT id AS cart, member_id AS member, new_id() AS made, new_id() AS told FROM cart WHERE id = cart_id(:number) AND state = 1 FOR UPDATE \gset
INSERT INTO orders VALUES (:made, NULL, :member, 1, 1, 1, 1, 'GBP', true, 3750, 395, 691, 4145, 3, 3, 'GB', now(), now() + interval '7 days', :cart, '7d0d6d8a51c54bd3a6a2dd9fd33f2f0e', now(), now(), 4145, 1, 395, 1, NULL);
UPDATE stock SET reserved = reserved + 1, update_time = now() FROM (SELECT variant_id FROM cart_line WHERE cart_id = :cart ORDER BY variant_id) AS wanted WHERE stock.variant_id = wanted.variant_id;
INSERT INTO movement (time, variant_id, location_id, type, quantity, document_id) SELECT now(), variant_id, '0192c8a4-f0b0-7d6f-ae5f-6d1f2a3b4c5d', 3, quantity, :made::uuid FROM cart_line WHERE cart_id = :cart;
INSERT INTO order_line SELECT :made::uuid, number, 1, '', variant_id, sku, title, quantity, unit_price_minor, unit_price_minor, 1042, unit_price_minor, 'GB', 'standard', '0.2 208', '1 1', '0192c8a4f0b07d6fae5f6d1f2a3b4c5d 1' FROM cart_line WHERE cart_id = :cart UNION ALL SELECT :made::uuid, 4, 2, '', NULL, '', 'Standard', 1, 395, 395, 329, 395, 'GB', 'standard', '0.2 66', '1 1', '';
UPDATE cart SET state = 2, order_id = :made, update_time = now() WHERE id = :cart;
INSERT INTO order_revision VALUES (:made, 1, :member, 2, :member, 4145, 4145, 3, NULL, now(), now(), now());
INSERT INTO owner_key VALUES (:member, 1, convert_to(repeat('k', 72), 'UTF8'));
INSERT INTO notification VALUES (:told, :member, 1, 'order.placed', 2, 'order.placed:' || :made::uuid, 2, '', 'We have your order', 'Thank you for your order ' || :made::uuid || ' of GBP 41.45. Left to be paid: GBP 41.45.', NULL, NULL, now(), NULL, '', now(), now());
INSERT INTO event (time, type, subject, owner, actor, method, figures, hash) VALUES (now(), 'order.placed', :made, :member, :member, 'checkout.PlaceOrder', 'gross_minor 4145 tax_minor 691 lines 3 units 3', sha256(uuid_send(:made))), (now(), 'notification.delivered', :told, :member, :member, 'checkout.PlaceOrder', 'channel 1', sha256(uuid_send(:told)));
INSERT INTO timer VALUES ('checkout.ExpireOrder', :made, now() + interval '7 days');
INSERT INTO replay VALUES ((extract(epoch FROM now()) * 1000)::bigint, sha256(uuid_send(:cart)), sha256(uuid_send(:made)), :number, 4, :made);
COMMIT;
