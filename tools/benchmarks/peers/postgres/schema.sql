-- What one PlaceOrder of the shop reads and writes, as tables: the same rows with the same fields,
-- and an index wherever the shop's contract declares one. Names of rows are uuid where the shop
-- has 26 letters for the same 128 bits, which is in favour of this side; so is that nothing
-- is checked beyond the primary keys: no session, no foreign keys, no quote made anew.

-- Version 7 (RFC 9562): in order of time, as the shop's are.
CREATE FUNCTION new_id() RETURNS uuid LANGUAGE sql VOLATILE PARALLEL SAFE AS $$
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
    substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3)
    FROM 1 FOR 6), 52, 1), 53, 1), 'hex')::uuid $$;

-- The name of the script's n-th cart, in order of n as if it were time.
CREATE FUNCTION cart_id(n bigint) RETURNS uuid LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT (lpad(to_hex(n), 12, '0') || '7' || substr(md5(n::text), 1, 19))::uuid $$;

CREATE TABLE variant (
  number int PRIMARY KEY,         -- for the script's dice
  id uuid NOT NULL UNIQUE,
  sku text NOT NULL UNIQUE,
  title text NOT NULL,
  price_minor bigint NOT NULL
);
CREATE TABLE stock (
  variant_id uuid, location_id uuid,
  on_hand bigint, allocated bigint, reserved bigint, quarantine bigint,
  threshold bigint, threshold_lowest bigint, update_time timestamptz,
  PRIMARY KEY (variant_id, location_id)
);
CREATE INDEX ON stock (location_id, variant_id);
CREATE TABLE movement (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  time timestamptz, variant_id uuid, location_id uuid, type smallint, quantity bigint,
  document_id uuid
);
CREATE TABLE cart (
  id uuid PRIMARY KEY, member_id uuid, state smallint, price_list_id uuid, currency_code text, next_number int,
  goods_minor bigint, order_id uuid, create_time timestamptz, update_time timestamptz
);
CREATE INDEX ON cart (member_id, state, create_time);
CREATE TABLE cart_line (
  cart_id uuid, number int, line_key text, variant_id uuid, quantity bigint,
  unit_price_minor bigint, staff_price boolean, sku text, title text,
  PRIMARY KEY (cart_id, number)
);
CREATE TABLE orders (
  id uuid PRIMARY KEY, external_id text, member_id uuid, state smallint, payment_state smallint,
  fulfilment_state smallint, aftersales_state smallint, currency_code text, tax_included boolean,
  goods_minor bigint, shipping_minor bigint, tax_minor bigint, gross_minor bigint,
  line_count int, unit_count bigint, delivery_country_code text, place_time timestamptz,
  expire_time timestamptz, cart_id uuid, fingerprint text, create_time timestamptz,
  update_time timestamptz, due_minor bigint, payment_method smallint,
  cheapest_shipping_minor bigint, revision_count int, debtor_id uuid
);
CREATE UNIQUE INDEX ON orders (external_id) WHERE external_id IS NOT NULL;
CREATE INDEX ON orders (member_id, place_time);
CREATE INDEX ON orders (place_time);
CREATE INDEX ON orders (debtor_id) WHERE debtor_id IS NOT NULL;
CREATE TABLE order_line (
  order_id uuid, number int, kind smallint, line_key text, variant_id uuid, sku text, title text,
  quantity bigint, unit_price_minor bigint, amount_minor bigint, net_minor bigint,
  gross_minor bigint, tax_country_code text, tax_class text,
  taxes text,                     -- rate and amount
  units text,                     -- runs of count and state
  allocations text,               -- location and quantity
  PRIMARY KEY (order_id, number)
);
CREATE TABLE order_revision (
  order_id uuid, number int, member_id uuid, state smallint, author_id uuid, added_minor bigint,
  difference_minor bigint, added_units bigint, holder_id uuid, end_time timestamptz,
  create_time timestamptz, update_time timestamptz,
  PRIMARY KEY (order_id, number)
);
CREATE INDEX ON order_revision (holder_id) WHERE holder_id IS NOT NULL;
CREATE TABLE event (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  time timestamptz, type text, subject uuid, owner uuid, actor uuid, method text,
  figures text, hash bytea
);
CREATE TABLE notification (
  id uuid PRIMARY KEY, member_id uuid, channel smallint, template_key text, purpose smallint,
  dedupe_key text, state smallint, reason text, subject text, body text, variables text,
  expire_time timestamptz, deliver_time timestamptz, read_time timestamptz,
  gateway_reference text, create_time timestamptz, update_time timestamptz
);
CREATE INDEX ON notification (member_id, create_time);
CREATE INDEX ON notification (member_id, channel, create_time);
CREATE INDEX ON notification (state, create_time);
CREATE UNIQUE INDEX ON notification (dedupe_key, channel);
-- What personal data of a member is sealed under, wrapped.
CREATE TABLE owner_key (owner_id uuid PRIMARY KEY, wrap bigint, wrapped bytea);
CREATE TABLE timer (
  method text, subject_id uuid, due_time timestamptz, PRIMARY KEY (method, subject_id)
);
CREATE INDEX ON timer (due_time);
CREATE TABLE replay (
  time_ms bigint, hash bytea, request_hash bytea, sequence bigint, kind smallint, answer uuid,
  PRIMARY KEY (time_ms, hash)
);

-- One call does it all: what a round trip for each statement costs shows beside it.
CREATE FUNCTION place_order(wanted bigint) RETURNS uuid LANGUAGE plpgsql AS $$
DECLARE
  found cart%ROWTYPE;
  made uuid := new_id();
  told uuid := new_id();
BEGIN
  SELECT * INTO STRICT found FROM cart WHERE id = cart_id(wanted) AND state = 1 FOR UPDATE;
  INSERT INTO orders VALUES (made, NULL, found.member_id, 1, 1, 1, 1, 'GBP', true, 3750, 395, 691,
    4145, 3, 3, 'GB', now(), now() + interval '7 days', found.id,
    '7d0d6d8a51c54bd3a6a2dd9fd33f2f0e', now(), now(), 4145, 1, 395, 1, NULL);
  -- In order, or two of these would wait for each other.
  UPDATE stock SET reserved = reserved + 1, update_time = now()
    FROM (SELECT variant_id FROM cart_line WHERE cart_id = found.id ORDER BY variant_id) AS wanted
    WHERE stock.variant_id = wanted.variant_id;
  INSERT INTO movement (time, variant_id, location_id, type, quantity, document_id)
    SELECT now(), variant_id, found.price_list_id, 3, quantity, made
    FROM cart_line WHERE cart_id = found.id;
  INSERT INTO order_line
    SELECT made, number, 1, '', variant_id, sku, title, quantity, unit_price_minor,
      unit_price_minor, 1042, unit_price_minor, 'GB', 'standard', '0.2 208', '1 1',
      '0192c8a4f0b07d6fae5f6d1f2a3b4c5d 1'
    FROM cart_line WHERE cart_id = found.id
    UNION ALL SELECT made, 4, 2, '', NULL, '', 'Standard', 1, 395, 395, 329, 395, 'GB', 'standard',
      '0.2 66', '1 1', '';
  UPDATE cart SET state = 2, order_id = made, update_time = now() WHERE id = found.id;
  INSERT INTO order_revision VALUES (made, 1, found.member_id, 2, found.member_id, 4145, 4145, 3,
    NULL, now(), now(), now());
  INSERT INTO owner_key VALUES (found.member_id, 1, convert_to(repeat('k', 72), 'UTF8'));
  INSERT INTO notification VALUES (told, found.member_id, 1, 'order.placed', 2,
    'order.placed:' || made, 2, '', 'We have your order', 'Thank you for your order ' || made ||
    ' of GBP 41.45. Left to be paid: GBP 41.45.', NULL, NULL, now(), NULL, '', now(), now());
  INSERT INTO event (time, type, subject, owner, actor, method, figures, hash)
    VALUES (now(), 'order.placed', made, found.member_id, found.member_id, 'checkout.PlaceOrder',
      'gross_minor 4145 tax_minor 691 lines 3 units 3', sha256(uuid_send(made))),
      (now(), 'notification.delivered', told, found.member_id, found.member_id,
      'checkout.PlaceOrder', 'channel 1', sha256(uuid_send(told)));
  INSERT INTO timer VALUES ('checkout.ExpireOrder', made, now() + interval '7 days');
  INSERT INTO replay VALUES ((extract(epoch FROM now()) * 1000)::bigint, sha256(uuid_send(found.id)),
    sha256(uuid_send(made)), wanted, 4, made);
  RETURN made;
END $$;

-- Carts of three lines, numbered on from the last.
CREATE FUNCTION make_carts(from_number bigint, count bigint, variants int) RETURNS void
LANGUAGE sql AS $$
  WITH made AS (
    INSERT INTO cart
      SELECT cart_id(n), new_id(), 1, '0192c8a4-f0b0-7d6f-ae5f-6d1f2a3b4c5d', 'GBP', 4, 3750, NULL,
        now(), now()
      FROM generate_series(from_number, from_number + count - 1) AS n
      RETURNING id)
  INSERT INTO cart_line
    SELECT made.id, line, '', variant.id, 1, variant.price_minor, false, variant.sku, variant.title
    FROM made CROSS JOIN generate_series(1, 3) AS line
    JOIN LATERAL (SELECT (line - 1) * (variants / 3) + 1 +
      floor(random() * (variants / 3) + 0 * line + 0 * length(made.id::text))::int AS number) AS dice
      ON true
    JOIN variant ON variant.number = dice.number $$;

-- A shop with a history: orders as place_order leaves them, of carts that make_carts made.
CREATE FUNCTION make_history(orders bigint, variants int) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO variant SELECT n, new_id(), 'MUG-' || n, 'A mug', 1250
    FROM generate_series(1, variants) AS n;
  INSERT INTO stock SELECT id, '0192c8a4-f0b0-7d6f-ae5f-6d1f2a3b4c5d', 1000000, 0, 0, 0, 0, 0, now()
    FROM variant ORDER BY id;
  PERFORM make_carts(1, orders, variants);
  CREATE TEMPORARY TABLE past AS
    SELECT new_id() AS made, id, member_id, number,
      now() - interval '1 day' * (1 - number::float8 / (orders + 1)) AS time
    FROM (SELECT cart.*, row_number() OVER (ORDER BY id) AS number FROM cart) AS cart;
  INSERT INTO orders SELECT made, NULL, member_id, 1, 1, 1, 1, 'GBP', true, 3750, 395, 691, 4145, 3,
    3, 'GB', time, time + interval '7 days', id, '7d0d6d8a51c54bd3a6a2dd9fd33f2f0e', time, time,
    4145, 1, 395, 1, NULL FROM past;
  INSERT INTO movement (time, variant_id, location_id, type, quantity, document_id)
    SELECT time, variant_id, '0192c8a4-f0b0-7d6f-ae5f-6d1f2a3b4c5d', 3, quantity, made
    FROM past JOIN cart_line ON cart_id = id;
  INSERT INTO order_line
    SELECT made, cart_line.number, 1, '', variant_id, sku, title, quantity, unit_price_minor,
      unit_price_minor, 1042, unit_price_minor, 'GB', 'standard', '0.2 208', '1 1',
      '0192c8a4f0b07d6fae5f6d1f2a3b4c5d 1'
    FROM past JOIN cart_line ON cart_id = id;
  INSERT INTO order_line
    SELECT made, 4, 2, '', NULL, '', 'Standard', 1, 395, 395, 329, 395, 'GB', 'standard', '0.2 66',
      '1 1', '' FROM past;
  INSERT INTO order_revision
    SELECT made, 1, member_id, 2, member_id, 4145, 4145, 3, NULL, time, time, time FROM past;
  INSERT INTO event (time, type, subject, owner, actor, method, figures, hash)
    SELECT time, 'order.placed', made, member_id, member_id, 'checkout.PlaceOrder',
      'gross_minor 4145 tax_minor 691 lines 3 units 3', sha256(uuid_send(made)) FROM past;
  INSERT INTO timer SELECT 'checkout.ExpireOrder', made, now() + interval '7 days' FROM past;
  INSERT INTO replay SELECT (extract(epoch FROM time) * 1000)::bigint, sha256(uuid_send(id)),
    sha256(uuid_send(made)), number, 4, made FROM past;
  UPDATE cart SET state = 2, order_id = made FROM past WHERE cart.id = past.id;
  UPDATE stock SET reserved = held.units FROM
    (SELECT variant_id, sum(quantity) AS units FROM movement GROUP BY variant_id) AS held
    WHERE stock.variant_id = held.variant_id;
  DROP TABLE past;
END $$;
